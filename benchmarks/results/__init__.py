"""Every use case's true result, measured on this machine and kept: presets/NAME/result.json and docs/results.md."""
