"""Live sources: one capture process per camera, its newest pictures in shared memory, and who watches over it."""
