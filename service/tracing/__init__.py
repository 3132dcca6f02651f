"""What runs did: recorded, masked, kept, shown, and sent on."""
