"""From the positioned tree to the model, for both dialects and scar.cfg."""
