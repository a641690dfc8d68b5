"""What is generated: fresh, whole, and of use to those who read it."""
