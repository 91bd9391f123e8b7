"""The drawing window.

Each folder may import those above it, and only `paint`, `views` and the last row know Pygame:

    state/    what the window does, without a screen
              geometry -> document, live_prediction, layout, actions -> pointer -> session
    paint/    how things look: ink (NumPy), theme, icons, painter
    views/    the parts of the window, each a `View`: canvas, answer, bars, network_input, tools, help
    events, window (the loop), command (what the command line calls)

To add a key, a button or both, add a row to the table in `state.actions`. To add a view, add a file to
`views`, an area to `state.layout`, and the view to the list in `window`. Pygame is imported only when a
window is opened.
"""
