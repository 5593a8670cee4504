"""A zoo of small parking pages: each has one fault (or a few that come together), five have none."""
