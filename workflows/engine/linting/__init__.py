"""Rules that a bundle must keep, one subject a file. Each refusal names the element and the cure."""
