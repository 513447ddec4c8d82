"""Networks as scikit-learn's estimators: for pipelines, searches over a grid, cross-validation, and frames of pandas.

    from tinynet.sklearn import NetClassifier
    model = make_pipeline(StandardScaler(), NetClassifier((64, 32), early_stopping=True, random_state=0))
    model.fit(X, y).score(X_test, y_test)

scikit-learn is a package of its own: `pip install scikit-learn`, or tinynet with its extra "sklearn".
"""

try:
    import sklearn
except ImportError as error:
    raise ImportError("tinynet.sklearn needs the package scikit-learn: pip install scikit-learn") from error

from .classifier import NetClassifier
from .regressor import NetRegressor

__all__ = ["NetClassifier", "NetRegressor"]
