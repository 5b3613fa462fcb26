"""The training images whose labels are probably wrong, as a table."""

from fer_classic.files.text import csv_text
from fer_classic.model.train import training_rows
from fer_classic.report.labelerrors import label_errors
from fer_classic.report.material import out_of_fold


def label_issues_csv(model, faces):
    """Suspect labels of the training images, the most suspicious first.

    Parameters
    ----------
    model : Model
        Trained on the faces.
    faces : FaceTable

    Returns
    -------
    str
        Columns file, label, probability (of that label) and suggested, by models that have
        not seen the image; a header alone where there are none.
    """
    learned = training_rows(faces)
    source, rows, probabilities = out_of_fold(model, faces.labels[learned])
    lines = [["file", "label", "probability", "suggested"]]
    if source is not None:
        places, names = learned[rows], faces.classes.names
        labels = faces.labels[places]
        for place in label_errors(labels, probabilities)[0]:
            own = probabilities[place]
            share = f"{own[labels[place]]:.4f}"
            named = names[labels[place]], share, names[int(own.argmax())]
            lines.append([faces.names[places[place]], *named])
    return csv_text(lines)
