"""Mistakes with convolutional batch norm, other norms and several devices.

The first table holds the names that live here. The others reword names of the whole course for one exercise.
"""

from __future__ import annotations

from .help import Help

OTHER_NORMS: dict[str, Help] = {
    "reduces-over-batch-only": Help(
        "How many means do your images need: one for each channel, or one for each pixel of each channel?",
        "Print the shape of your mean. Which of the four axes may be longer than 1?",
        "A channel shares one mean over all examples and all its pixels: reduce over axes (0, 2, "
        "3), not over "
        "axis 0 alone.",
    ),
    "per-example-statistics": Help(
        "Does your result for one image change when another image of the mini-batch does?",
        "Batch norm looks across the examples. Which of your axes is the one of the examples?",
        "Statistics of each image alone make another norm. Here a channel is averaged over axes (0, 2, 3), "
        "the examples among them.",
    ),
    "pixels-left-out": Help(
        "Over how many of an image's two pixel axes do your statistics run?",
        "Height and width are axes 2 and 3. Print the shape of your mean: is one of them still there?",
        "All pixels of an image take part alike, so both pixel axes are averaged over, together with the "
        "others that belong to the set.",
    ),
    "reshape-without-transpose": Help(
        "Number the entries of a small X by their channel. Which numbers stand in one row after "
        "your reshape?",
        "reshape keeps the numbers in order, the last axis fastest, and only cuts the row anew. Which axis "
        "has to come first before you cut?",
        "Bring the axis that you keep to the front first, with transpose or moveaxis, then reshape; and undo "
        "both, in the opposite order, at the end.",
    ),
    "way-back-without-transpose": Help(
        "Your statistics are right. In which order do you undo the two steps on the way back?",
        "On the way there: first move the axis, then cut. Which of the two comes first on the way back, and "
        "into which shape?",
        "Undo the last step first: reshape to (C, N, H, W), then move the channel axis back. A reshape "
        "straight to (N, C, H, W) cuts in the wrong places.",
    ),
    "unbiased-and-eps-outside": Help(
        "Your formula departs from ours in two places. By what does your variance divide, and what is under "
        "the root?",
        "Look at how you get the standard deviation: is a ddof given? And where does eps come in, before the "
        "root or after it?",
        "Divide the sum of squares by the number of values, not by one less, and add eps to the variance, "
        "under the root: sqrt(sigma2 + eps).",
    ),
    "divides-by-width-only": Help(
        "How many numbers do you add up for one mean, and by how many do you divide?",
        "Try images whose height is not 1. Which sizes are in your divisor, and which one is missing?",
        "A channel has N * H * W numbers. Your divisor counts the width but not the height.",
    ),
    "wrong-number-of-values": Help(
        "How many numbers share one mean, and by how many do you divide their sum?",
        "Write down the shape of your input, cross out the axes that you keep, and multiply what is left.",
        "Divide by the number of values that were added up. mean() counts them for you.",
    ),
    "gamma-not-reshaped": Help(
        "Along which axis of X does your gamma change: along the channels?",
        "NumPy lines up shapes from the right: where does (C, 1) end up beside (N, C, H, W)?",
        "Give gamma and beta the shape (1, C, 1, 1). As a column they run along the height, as a flat array "
        "along the width: without an error where the sizes agree.",
    ),
    "result-in-another-layout": Help(
        "Does entry by entry your result stand where the input stood?",
        "Compare the shape of your result with that of the input.",
        "The numbers are right and lie in another order. Undo what you did to the axes before you return.",
    ),
    "normalizes-over-batch": Help(
        "Does your result for one example change when another example does?",
        "This norm looks at one example at a time. Is the axis of the examples still there in your mean?",
        "The statistics run over the examples, as in batch norm. Here each example has statistics "
        "of its own.",
    ),
    "per-channel-instead-of-per-group": Help(
        "How many channels share one mean in your code, and how many should?",
        "Call it with groups equal to 1, then to C. Does your result depend on groups at all?",
        "C // groups channels share a mean and a variance. Yours has one for each channel, which is "
        "right for "
        "groups equal to C only.",
    ),
    "groups-ignored": Help(
        "Does your result depend on groups?",
        "Call it with groups equal to 1, then to 2, and compare.",
        "Each group of C // groups channels has statistics of its own. Yours are those of all channels "
        "together, right for one group only.",
    ),
    "group-count-taken-for-size": Help(
        "With 6 channels and groups equal to 2, how many channels are in a group?",
        "Is groups the number of groups, or the number of channels in each of them?",
        "groups counts the groups, so a group has C // groups channels. You made groups of that "
        "many channels.",
    ),
    "interleaved-groups": Help(
        "With 6 channels and 2 groups, which channels belong to channel 0?",
        "Look at the order of the two numbers into which you split the channel axis.",
        "A group is made of neighbours: channels 0, 1, 2 and 3, 4, 5. Split the axis into (groups, "
        "C // groups), "
        "in this order.",
    ),
    "gamma-per-group": Help(
        "How many gammas are there: one for each channel, or one for each group?",
        "Give two channels of one group different gammas. Do both have an effect?",
        "Groups share statistics, not gamma and beta: each channel is scaled and shifted by its own.",
    ),
    "averages-variances": Help(
        "Two parts without any spread lie at 0 and at 10. What is the variance of both together?",
        "Besides the spread inside each part, what makes numbers of different parts differ?",
        "An average of variances leaves out how far the parts' means lie apart, which is a share of the "
        "variance too.",
    ),
    "ignores-unequal-counts": Help(
        "If one part has 1 example and the other 99, who should decide where the mean lies?",
        "Make the two parts very unequal in size. Which of your weights notice?",
        "Each part counts by its share of the examples, m_a / (m_a + m_b) and m_b / (m_a + m_b), not by one "
        "half.",
    ),
    "counts-swapped": Help(
        "Which part should pull harder, the larger or the smaller?",
        "Give one part 99 examples and the other 1. Near which of the two means does your result lie?",
        "Each part goes with its own share: m_a / (m_a + m_b) belongs to part a. Yours have changed places.",
    ),
    "wrong-weight-between-the-means": Help(
        "How much do the means' distances count when one part has a single example among thousands?",
        "Work it out for two parts of one example each: the numbers 0 and 2 have variance 1.",
        "The squared distance of the means counts m_a * m_b / (m_a + m_b)**2 times, the product of "
        "both shares.",
    ),
    "one-part-for-the-whole": Help(
        "Does each of your results depend on both parts?",
        "Change the statistics of one part and see what your result does.",
        "One part's own statistics are returned. The whole mini-batch's need both parts, in the "
        "mean and in the "
        "variance.",
    ),
    "variance-of-the-means": Help(
        "Two parts have the same mean. Is the variance of both together 0?",
        "You have measured how far the means lie apart. What about the spread inside each part?",
        "The variance has two pieces: the weighted mean of both variances, and what the distance of "
        "the means "
        "adds. The first is missing.",
    ),
}

OF_CHANNELS = {
    "wrong-axis": Help(
        "Which numbers share one mean: those of one channel, or those of several?",
        "X has shape (N, C, H, W). Print the shape of your mean: is the channel axis still there?",
        "Each channel has statistics of its own, so axis 1 is the one axis not to average over. The "
        "right ones "
        "are (0, 2, 3).",
    ),
    "global-statistics": Help(
        "How many means and variances do C channels have?",
        "Print the shape of each statistic. One number for everything is too few.",
        "Each channel has a mean and a variance of its own: reduce over axes (0, 2, 3) and keep axis 1.",
    ),
    "lost-dimension": Help(
        "What shapes do your statistics, gamma and beta have when they meet the array?",
        "A reduction drops the axes that it reduces over, unless told to keep them.",
        "Keep the axes with keepdims=True. A flat (C,) array lines up with the last axis, without an error "
        "where the sizes agree.",
    ),
    "sum-instead-of-mean": Help(
        "What happens to your statistic when every image appears twice?",
        "A mean does not grow with the number of images. Look for the factor in front of the sum.",
        "Mean and variance are averages over N * H * W numbers: divide the sum by that, or use mean().",
    ),
    "unbiased-variance": Help(
        "By what number do you divide the sum of squares?",
        "Compare your divisor with the m of the formula: how many numbers does a channel have?",
        "The divisor is m, with m the N * H * W numbers of a channel. Dividing by m - 1 answers another "
        "question.",
    ),
}

OF_EXAMPLES = {
    "global-statistics": Help(
        "How many means and variances do m examples have in layer norm?",
        "Print the shape of each statistic. One number for the whole matrix is too few.",
        "Each example has a mean and a variance of its own: reduce over the units, axis 0, and get "
        "m of each.",
    ),
    "lost-dimension": Help(
        "Along which axis should gamma change, and along which the statistics?",
        "gamma is a column, one row per unit. An example's statistics lie in a row, one for each column.",
        "Keep gamma and beta as columns (n, 1), and let each example's mean meet its own column. A flattened "
        "array lines up with the last axis.",
    ),
    "sum-instead-of-mean": Help(
        "What happens to your statistic when every unit appears twice?",
        "A mean does not grow with the size of the layer. Look for the factor in front of the sum.",
        "Mean and variance are averages over an example's n units: divide the sum by n, or use mean().",
    ),
    "unbiased-variance": Help(
        "By what number do you divide the sum of squares?",
        "Compare your divisor with the number of units that the sum runs over.",
        "Layer norm divides by n, the number of units. Dividing by n - 1 (ddof=1) answers another question.",
    ),
}

OF_GROUPS = {
    "global-statistics": Help(
        "How many means do N examples with groups each have?",
        "Print the shape of each statistic. One number for everything is too few.",
        "Each example and group has a mean and a variance of its own: N * groups of each.",
    ),
    "lost-dimension": Help(
        "What shapes do your statistics, gamma and beta have when they meet the array?",
        "A reduction drops the axes that it reduces over, unless told to keep them.",
        "Keep the axes with keepdims=True, and lay gamma and beta along the channels. A flat array lines up "
        "with the last axis.",
    ),
    "sum-instead-of-mean": Help(
        "What happens to your statistic when every pixel appears twice?",
        "A mean does not grow with the size of the image. Look for the factor in front of the sum.",
        "Mean and variance are averages over C // groups * H * W numbers: divide the sum by that, or use "
        "mean().",
    ),
    "unbiased-variance": Help(
        "By what number do you divide the sum of squares?",
        "Compare your divisor with the number of values in one example's group.",
        "The divisor is the number of values in a group, C // groups * H * W. One less answers another "
        "question.",
    ),
    "reshape-without-transpose": Help(
        "After your reshape, do numbers of different examples stand in one row?",
        "Number the entries of a small X by their example. Which axis of X comes first, and which do you "
        "cut?",
        "The examples come first in X, so cut into (N, groups, ...). Cut into groups first, a row mixes "
        "examples.",
    ),
    "pixels-left-out": Help(
        "Over which axes of one example do your statistics run?",
        "Print the shape of your mean: an example has one number for each group, and no pixels left.",
        "A group's channels share one mean over all their pixels: both pixel axes are averaged over as well.",
    ),
}

OF_PARTS = {
    "averages-deviation": Help(
        "Which of the two adds up: standard deviations, or sums of squares?",
        "Look for a square root. Undo it: what is left of each part is its variance.",
        "Variances are merged, not deviations: the weighted variances, plus what the distance of "
        "the means adds.",
    ),
    "sign-error": Help(
        "Can two parts together spread less than the means' distance adds?",
        "Move one mean far away: which way does your variance go? And does the mean lie between both?",
        "A sign is wrong: the distance is mu_b - mu_a, its square is added to the variance, and the "
        "mean moves "
        "from a towards b.",
    ),
    "square-missing": Help(
        "In which unit is each term of your variance measured?",
        "The variance is measured in squares. Which term in your sum is not?",
        "The distance of the two means enters the variance squared.",
    ),
    "sum-instead-of-mean": Help(
        "Merge a part with a copy of itself. What should come out?",
        "The results are a mean and a variance, not sums: look for a division by the number of examples.",
        "Both results are averages over all m_a + m_b examples. Somewhere a sum is not divided by that.",
    ),
    "unbiased-variance": Help(
        "By what number were the variances divided that you are given, and by what is yours?",
        "Merge a part with a copy of itself: mean and variance should stay what they are.",
        "Both given variances are divided by their counts, and yours by m_a + m_b. No count loses a 1.",
    ),
    "global-statistics": Help(
        "How many means and variances does a layer of n units have?",
        "Print the shapes of what you return, and look whether its rows differ.",
        "Each unit is merged for itself. The results are columns of n numbers, as the inputs are.",
    ),
    "lost-dimension": Help(
        "What shape do the statistics have that you are given?",
        "Print the shapes of your results beside those of your arguments.",
        "The results are columns of shape (n, 1), as the arguments are. An (n,) array broadcasts along the "
        "wrong axis later, silently when m = n.",
    ),
    "eps-in-the-variance": Help(
        "What is the variance of two parts that hold one and the same number?",
        "Where does eps come in: in the statistic, or where one divides by it?",
        "sigma2 is the variance alone. eps is added when normalizing, under the root.",
    ),
    "variance-by-difference-of-squares": Help(
        "What is left of the variance when both means are a million?",
        "How many digits do the squares have that you subtract from each other?",
        "Means of squares minus the square of the mean loses every digit far from 0. Square the "
        "distance of the "
        "means instead.",
    ),
}
