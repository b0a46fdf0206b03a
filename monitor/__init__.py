"""What watches: sources, faces, classification, judgement, alerts and what a replay leaves."""
