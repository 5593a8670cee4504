"""What the container images are made of and how they start."""
