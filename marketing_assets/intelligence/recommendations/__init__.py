"""What people are told to look at or to do, of what the models found."""
