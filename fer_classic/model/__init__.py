"""A trained model: made, kept in a folder, used and explained."""
