"""臻识 Vzenith cameras: what they push, and the answers that lift their barrier."""
