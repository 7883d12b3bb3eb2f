/* The commands about dead letters. [control] */
#ifndef ADMIN_DEAD_LETTERS_H
#define ADMIN_DEAD_LETTERS_H

struct control_request;

/* Arguments: "ids", an array of numbers; "flusher", a lane's or a pipeline's name; "all",
 * true. show takes one id; replay and drop want one of the three. Answers are as in
 * delivery/dead_letter.h. */
void dead_letters_list_command(struct control_request *request);
void dead_letters_show_command(struct control_request *request);
void dead_letters_replay_command(struct control_request *request);
void dead_letters_drop_command(struct control_request *request);

#endif
