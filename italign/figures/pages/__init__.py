"""Around the figures: captions, the page to send, and the bundle that they are redrawn from."""
