"""Images and their labels: folders, zips and manifests to samples."""
