"""The dashboard: pages of HTML, CSS and SVG about a deployment, for CloudWatch, a browser and a file alike."""
