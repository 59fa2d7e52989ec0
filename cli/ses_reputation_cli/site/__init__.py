"""The dashboard on this machine: a site for one person's browser, and the file that can be sent to others."""
