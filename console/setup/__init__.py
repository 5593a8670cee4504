"""The pages by which staff set up operators, lots, lanes and devices, and change them later."""
