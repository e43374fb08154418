"""Answers: asked for, written by tasks of their own, ended, and swept up after."""
