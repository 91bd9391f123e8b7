"""The drawing window.

Logic and pixels are kept apart. These know nothing of Pygame and are tested without a screen:

    geometry  ->  drawing  \\
                  reading   >  session   (everything that the window does)
    actions, layout, words /

and these put it on the screen:

    ink (NumPy), theme, paint, icons  ->  view_*  ->  window   (the loop)
                                          events  /

`command` is what the command line calls; Pygame is imported when a window is to be opened, not before.
"""
