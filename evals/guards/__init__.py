"""How much the guards catch, and how often they cry wolf."""
