package worker

import "context"

// Boot spike.
func Boot(f Frame) (Handler, error) {
	return func(ctx context.Context, r Frame) Frame {
		got, err := perform(ctx, "echo", r.at(0))
		if err != nil {
			return Frame{err.Error()}
		}
		return Frame{"got " + got.at(0)}
	}, nil
}
