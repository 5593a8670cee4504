"""The product's processes as the units start them, with all that they write in files."""
