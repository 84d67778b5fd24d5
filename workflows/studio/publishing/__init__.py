"""Publishing with the impact in view: differences, share of new cases, roll back."""
