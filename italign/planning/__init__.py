"""What a world will take before it runs: seconds of its jobs, days of machines, bytes on disk."""
