"""What a person types. The only room that puts the others together."""
