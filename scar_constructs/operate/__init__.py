"""What people do with what is deployed."""
