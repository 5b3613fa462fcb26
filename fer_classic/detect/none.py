"""No detection: the image is the face, as in sets that are cropped already."""

from fer_classic.detect.base import whole_image


class NoDetector:
    """Takes the whole image as the one face."""

    name = "none"

    def detect(self, image):
        """Return the whole image as one face.

        Parameters
        ----------
        image : ndarray of uint8, shape (H, W, 3) or (H, W)
        """
        return [whole_image(image)]
