"""The promises of Fathom, each as a test."""
