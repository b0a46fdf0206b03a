"""From a frame to an aligned face: landmark asset, landmarks, tracks, pose, quality."""
