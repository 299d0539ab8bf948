"""One step of the page a file: build() lays it out, bind() wires it, show() fills it for a run."""
