"""Other explanation methods beside LRP, for comparison: gradients, Grad-CAM, LIME."""
