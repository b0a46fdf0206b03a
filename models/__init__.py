"""What is learned: networks, preprocessing, explanation by LRP, data sets, training and evaluation."""
