"""What people do in the portal, what it knows from the beginning, and what it counted."""
