"""What every screen shares: languages, times, static files, templates, the shell, design tokens and browser modules.

In: values that slices declare as screens. Out: HTML text and static files with their headers. It knows no slice.
"""
