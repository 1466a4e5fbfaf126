// LinkedList: a list through the members `next` and `previous` of its nodes, which belong to somebody else.
//
// Cost     one pointer a list; to link and to unlink are some instructions.
// Threads  the owner's.
#pragma once

namespace structures {

template <typename Node>
class LinkedList {
 public:
  // The node that was linked last, or null.
  Node* first() const { return first_; }
  bool empty() const { return first_ == nullptr; }

  void link(Node* node) {
    node->previous = nullptr;
    node->next = first_;
    if (first_ != nullptr) first_->previous = node;
    first_ = node;
  }

  // REQUIRES: the node is in this list.
  void unlink(Node* node) {
    if (node->previous != nullptr) node->previous->next = node->next;
    if (node->next != nullptr) node->next->previous = node->previous;
    if (first_ == node) first_ = node->next;
  }

 private:
  Node* first_ = nullptr;
};

}  // namespace structures
