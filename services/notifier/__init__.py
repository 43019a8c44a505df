"""Who must know, and how? The notifier sends each declaration's one final notification."""
