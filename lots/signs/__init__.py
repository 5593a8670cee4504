"""Signs as things to print: formats, wording, drawing, whole lots at once, and what was printed when."""
