"""What people read: tables, reports and the public map; each takes the frames of a study."""
