"""The families as estimators of scikit-learn, with all that its base classes give."""

from sklearn.base import BaseEstimator, TransformerMixin

from fer_classic.features import fisher, geometry, hog, lbp, sift


class _Estimator(TransformerMixin, BaseEstimator):
    """What a family of :mod:`fer_classic.features` lacks to be one."""

    def transform(self, X):
        # Here, so that scikit-learn's set_output can name the columns.
        return super().transform(X)

    transform.__doc__ = hog.HOGFeatures.transform.__doc__

    def __sklearn_tags__(self):
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags


class HOGFeatures(_Estimator, hog.HOGFeatures):
    __doc__ = hog.HOGFeatures.__doc__


class LBPFeatures(_Estimator, lbp.LBPFeatures):
    __doc__ = lbp.LBPFeatures.__doc__


class GeometryFeatures(_Estimator, geometry.GeometryFeatures):
    __doc__ = geometry.GeometryFeatures.__doc__


class SIFTFeatures(_Estimator, sift.SIFTFeatures):
    __doc__ = sift.SIFTFeatures.__doc__


class FisherFeatures(_Estimator, fisher.FisherFeatures):
    __doc__ = fisher.FisherFeatures.__doc__
