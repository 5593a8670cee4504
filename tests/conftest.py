"""What every test finds set up."""
