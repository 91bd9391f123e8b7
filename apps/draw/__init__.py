"""The drawing window.

Each folder may import those above it, and only `paint`, `views` and the last row know Pygame:

    state/    what the window does, without a screen
              geometry -> document, live_prediction, layout, actions, files -> pointer, keyboard -> session
    paint/    how things look: ink and the ink layer (NumPy), theme, icons, pictures, painter
    views/    the parts of the window, each a `View`; `views.table` lists them
    screen    paints the views whose looks changed
    events, window (the loop), replay, screenshot, command (what the command line calls)

To add a key, a button or both, add a row to the table in `state.actions`. To add a page with a tab, write a
file with a `View` (`name`, `arrange`, `looks`, `paint`; `key` and `buttons` where it needs them) and add it
to `PAGES` in `views.table`. Pygame is imported only when a window is opened.
"""
