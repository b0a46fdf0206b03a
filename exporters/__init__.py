"""From a trained network to an ONNX bundle with hashes and a parity certificate."""
