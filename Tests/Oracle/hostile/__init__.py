"""Files that no compiler should have to read, and what each must get."""
