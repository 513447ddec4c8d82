"""`SummaryWriter`: scalars, histograms, images and others for TensorBoard, written by tensorboardX.

That is a package of its own: `pip install tensorboardX`, or tinynet with its extra "tensorboard".
"""

import functools
import inspect

from ..errors import ArgumentValueError
from ..kernels.arrays import host
from ..tensor import Tensor

try:
    import tensorboardX
except ImportError as error:
    told = "tinynet.utils.tensorboard needs the package tensorboardX: pip install tensorboardX"
    raise ModuleNotFoundError(told, name="tensorboardX") from error

__all__ = ["SummaryWriter"]


def _plain(value):
    """A value in which all tensors, at any depth, are NumPy arrays."""
    if isinstance(value, Tensor):
        return host(value.array)
    if isinstance(value, dict):
        return {key: _plain(x) for key, x in value.items()}
    if isinstance(value, tuple | list):
        return [_plain(x) for x in value]
    return value


def _passed_on(method):
    """A method that hands its arguments, by their names, to tensorboardX's method of the same name."""
    signature = inspect.signature(method)
    receive = getattr(tensorboardX.SummaryWriter, method.__name__)

    @functools.wraps(method)
    def call(self, *args, **kwargs):
        arguments = signature.bind(self, *args, **kwargs).arguments
        del arguments["self"]
        return receive(self._writer, **{name: _plain(value) for name, value in arguments.items()})

    return call


class SummaryWriter:
    """Writes events into files in `log_dir`, by default runs/ and the time, the host and `comment`.

    Each method takes what PyTorch's takes, tensors of tinynet wherever values stand, and leaves the writing to
    tensorboardX. `add_graph` and `add_tensor`, for which that has nothing to offer, are missing.
    """

    def __init__(self, log_dir=None, comment="", purge_step=None, max_queue=10, flush_secs=120, filename_suffix=""):
        self.purge_step, self.max_queue = purge_step, max_queue
        self.flush_secs, self.filename_suffix = flush_secs, filename_suffix
        folder = None if not log_dir else str(log_dir)
        self._writer = tensorboardX.SummaryWriter(folder, comment, purge_step, max_queue, flush_secs, filename_suffix)
        self.log_dir = self._writer.logdir

    def get_logdir(self):
        """The folder in which the files lie."""
        return self.log_dir

    def add_scalar(self, tag, scalar_value, global_step=None, walltime=None, new_style=False, double_precision=False):
        """A number. `new_style` and `double_precision` are accepted: files hold it in float32, in the older style."""
        self._writer.add_scalar(tag, _plain(scalar_value), _plain(global_step), walltime)

    @_passed_on
    def add_scalars(self, main_tag, tag_scalar_dict, global_step=None, walltime=None):
        """Numbers by name, as curves in one plot; each has a file of its own."""

    @_passed_on
    def add_histogram(self, tag, values, global_step=None, bins="tensorflow", walltime=None, max_bins=None):
        """The distribution of the elements of a tensor."""

    @_passed_on
    def add_histogram_raw(
        self, tag, min, max, num, sum, sum_squares, bucket_limits, bucket_counts, global_step=None, walltime=None
    ):
        """A distribution whose histogram has been counted before."""

    @_passed_on
    def add_image(self, tag, img_tensor, global_step=None, walltime=None, dataformats="CHW"):
        """An image (3, H, W), of floats in [0, 1] or of uint8 in [0, 255]; `dataformats` names another order."""

    @_passed_on
    def add_images(self, tag, img_tensor, global_step=None, walltime=None, dataformats="NCHW"):
        """Images (N, 3, H, W) side by side."""

    def add_image_with_boxes(
        self, tag, img_tensor, box_tensor, global_step=None, walltime=None, rescale=1, dataformats="CHW", labels=None
    ):
        """An image with boxes (N, 4), each (x₀, y₀, x₁, y₁) in pixels, drawn over it.

        Raises: ArgumentValueError for another `rescale` than 1.
        """
        if rescale != 1:
            raise ArgumentValueError(f"add_image_with_boxes: expected rescale=1, got {rescale}")
        image, boxes = _plain(img_tensor), _plain(box_tensor)
        self._writer.add_image_with_boxes(tag, image, boxes, _plain(global_step), walltime, dataformats, labels)

    @_passed_on
    def add_figure(self, tag, figure, global_step=None, close=True, walltime=None):
        """A figure of Matplotlib, or a list of them, which are closed unless `close` is False."""

    def add_video(self, tag, vid_tensor, global_step=None, fps=4, walltime=None):
        """Videos (N, T, C, H, W), side by side; needs the package moviepy."""
        self._writer.add_video(tag, _plain(vid_tensor), _plain(global_step), fps, walltime)

    @_passed_on
    def add_audio(self, tag, snd_tensor, global_step=None, sample_rate=44100, walltime=None):
        """A sound (1, L) with values in [−1, 1]; needs the package soundfile."""

    @_passed_on
    def add_text(self, tag, text_string, global_step=None, walltime=None):
        """A text, in Markdown."""

    @_passed_on
    def add_embedding(self, mat, metadata=None, label_img=None, global_step=None, tag="default", metadata_header=None):
        """Vectors (N, D) with a label, or an image of `label_img` (N, C, H, W), for each."""

    @_passed_on
    def add_pr_curve(self, tag, labels, predictions, global_step=None, num_thresholds=127, weights=None, walltime=None):
        """The precision and recall of predictions, probabilities (N,), of labels (N,) that are 0 or 1."""

    @_passed_on
    def add_pr_curve_raw(
        self, tag, true_positive_counts, false_positive_counts, true_negative_counts, false_negative_counts, precision,
        recall, global_step=None, num_thresholds=127, weights=None, walltime=None,
    ):  # fmt: skip
        """A precision-recall curve whose numbers have been counted before."""

    @_passed_on
    def add_mesh(self, tag, vertices, colors=None, faces=None, config_dict=None, global_step=None, walltime=None):
        """Points (B, N, 3), their colours, and the triangles between them (B, M, 3)."""

    def add_hparams(self, hparam_dict, metric_dict, hparam_domain_discrete=None, run_name=None, global_step=None):
        """Hyperparameters of a run, and what came of them. `hparam_domain_discrete` is accepted, and not written."""
        metrics = {name: float(value) for name, value in metric_dict.items()}
        self._writer.add_hparams(_plain(hparam_dict), metrics, run_name, _plain(global_step))

    @_passed_on
    def add_custom_scalars(self, layout):
        """How scalars are drawn together, {category: {chart: ["Multiline" or "Margin", tags]}}; once in a run."""

    @_passed_on
    def add_custom_scalars_multilinechart(self, tags, category="default", title="untitled"):
        """One chart for several scalars."""

    @_passed_on
    def add_custom_scalars_marginchart(self, tags, category="default", title="untitled"):
        """One chart for a scalar between two others, its margins: three tags."""

    def flush(self):
        """Write to disk what has been added so far."""
        self._writer.flush()

    def close(self):
        """Write everything to disk and end."""
        self._writer.close()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.close()
