"""The page. It reads files and starts processes; it never imports torch."""
