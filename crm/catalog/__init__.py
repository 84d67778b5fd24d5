"""What we sell: products with their prices. Stock and price lists by customer are not here."""
