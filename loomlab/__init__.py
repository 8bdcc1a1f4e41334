"""loomlab."""
