"""The containers of deploy/container, built and run on images that are made here."""
