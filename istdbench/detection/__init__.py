"""Detection in images from anywhere, without labels: files to frames, frames to score maps, maps to detections."""
